from wire import ApiException as ApiException
